package selftest

func sharp() vendor {
	return vendor{name: "sharp", title: "sharp", fax: "fax@sharp.example", helo: "sharp"}
}
