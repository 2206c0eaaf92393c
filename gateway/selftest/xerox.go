package selftest

func xerox() vendor {
	return vendor{name: "xerox", title: "xerox", fax: "fax@xerox.example", helo: "xerox"}
}
