package imap

// A mender changes what would hang the library: its reader of capabilities
// never gets past a parenthesis, which no capability has (RFC 3501 s9,
// capability-data). It becomes an underscore. Literals, and with them messages,
// pass unchanged.
type mender struct {
	literal int64 // octets of a literal still to come
	size    int64 // of the literal that may be announced here
	brace   byte  // what of "{size}" was seen last
	word    int   // how much of "CAPABILITY" was seen
	list    bool  // in a list of capabilities
}

const capability = "CAPABILITY"

// maxLiteral is far above any message that is fetched.
const maxLiteral = 1 << 50

func (m *mender) mend(p []byte) {
	for i := 0; i < len(p); i++ {
		if m.literal > 0 {
			skip := min(m.literal, int64(len(p)-i))
			m.literal -= skip
			i += int(skip) - 1
			continue
		}
		if m.list && p[i] == '(' {
			p[i] = '_'
		}
		m.follow(p[i])
		m.announce(p[i])
	}
}

// follow tells where a list of capabilities begins and ends.
func (m *mender) follow(c byte) {
	if c == ']' || c == '\n' {
		m.list, m.word = false, 0
		return
	}
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch c {
	case capability[m.word]:
		m.word++
	case capability[0]:
		m.word = 1
	default:
		m.word = 0
	}
	if m.word == len(capability) {
		m.list, m.word = true, 0
	}
}

// announce looks for "{size}" at the end of a line.
func (m *mender) announce(c byte) {
	switch {
	case c == '{':
		m.brace, m.size = c, 0
	case m.brace == '{' && '0' <= c && c <= '9' && m.size < maxLiteral:
		m.size = m.size*10 + int64(c-'0')
	case m.brace == '{' && c == '}', m.brace == '}' && c == '\r':
		m.brace = '}'
	case m.brace == '}' && c == '\n':
		m.literal, m.brace = m.size, 0
	default:
		m.brace = 0
	}
}
