package selftest

func cisco() vendor {
	return vendor{name: "cisco", title: "cisco", fax: "fax@cisco.example", helo: "cisco"}
}
