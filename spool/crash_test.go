package spool_test

const crashDSN = "FAXGATE_SPOOL_CRASH_DSN"

func crashChild() {}
