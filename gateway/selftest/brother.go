package selftest

func brother() vendor {
	return vendor{name: "brother", title: "brother", fax: "fax@brother.example", helo: "brother"}
}
