package selftest

func panasonic() vendor {
	return vendor{name: "panasonic", title: "panasonic", fax: "fax@panasonic.example", helo: "panasonic"}
}
