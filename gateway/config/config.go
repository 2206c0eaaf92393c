// Package config is faxgate's configuration: one strict TOML file in which unknown keys are errors and secrets stand in files of their own. Its names are those of the CLI, the API
// and the documents; its defaults follow the office machines' own (time-outs, retries, monitoring time).
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Config is everything that an administrator can set. The zero value is not usable: start from Default.
type Config struct {
	Data     string    `toml:"data" comment:"directory of the database, the documents and the token; one process at a time"`
	Hostname string    `toml:"hostname" comment:"name for HELO, Message-IDs and reports; empty: the machine's own"`
	Fax      Fax       `toml:"fax"`
	Clean    Clean     `toml:"clean"`
	Listen   Listen    `toml:"listen"`
	Relay    Relay     `toml:"relay"`
	Mailbox  []Mailbox `toml:"mailbox"`
	Direct   []Direct  `toml:"direct"`
	Sender   []Sender  `toml:"sender"`
	Route    []Route   `toml:"route"`
	Folder   []Folder  `toml:"folder"`
	Console  Console   `toml:"console"`
	Retry    Retry     `toml:"retry"`
	OffPeak  OffPeak   `toml:"off_peak"`
	Limits   Limits    `toml:"limits"`
	Log      Log       `toml:"log"`
}

// Fax is the gateway as an Internet-fax device.
type Fax struct {
	Addresses     []string `toml:"addresses" comment:"own fax addresses; the first one is the account: From, MAIL FROM and Disposition-Notification-To of what is sent"`
	Name          string   `toml:"name" comment:"sender name in the header line of each page, at most 30 characters"`
	Names         []string `toml:"names" comment:"further sender names, at most 30 characters each: the first is slot 1; \"\" leaves a slot free. Contacts and requests choose by slot or by name"`
	DefaultName   int      `toml:"default_name" comment:"slot of the sender name used when none is chosen; 0: fax.name"`
	Device        string   `toml:"device" comment:"device name for the subject, at most 80 characters without spaces; empty: the hostname"`
	Subject       string   `toml:"subject" comment:"subject of faxes that are given none: {device} {name} {number} {pages} {from} {to} {date}"`
	DeliverTo     string   `toml:"deliver_to" comment:"a received fax that no [[route]] takes is mailed here as PDF; empty: it stays in the inbox"`
	Administrator string   `toml:"administrator" comment:"gets one mail for each failed, expired or uncertain fax and for each failed route"`
	Answer        string   `toml:"answer" comment:"MDN reply: off | asked | errors (asked, and error receipts unasked)"`
	Alternatives  bool     `toml:"prefer_alternatives" comment:"ask for the better form where a sender offers one (RFC 3297)"`
	AskTime       Duration `toml:"alternative_time" comment:"how long the better form is waited for; then the fax is taken as it came"`
	RequestMDN    bool     `toml:"request_mdn" comment:"ask for a receipt (MDN) with each fax"`
	RequestDSN    bool     `toml:"request_dsn" comment:"ask the mail servers for a delivery report (DSN) with each fax"`
	Application   bool     `toml:"application" comment:"send application=faxbw with image/tiff: some machines choose the paper by it"`
	HeaderLine    bool     `toml:"header_line" comment:"print time, name, address and page number at the top of each page"`
	Codings       []string `toml:"codings" comment:"what we send, take and tell in receipts: MH, MR, MMR, JBIG, JPEG. Where MMR stands, JBIG is sent to machines that tell it; JPEG tells everybody that we take colour, without it only machines that tell it themselves hear it"`
	Colour        string   `toml:"colour" comment:"what becomes of pages with colours or greys, for machines that take them: colour | grey | none (black and white, as for all other machines)"`
	Papers        []string `toml:"papers" comment:"A4, Letter, Legal, B4, A3"`
	MaxResolution string   `toml:"max_resolution" comment:"highest resolution we send and tell: 200x100 ... 600x600"`
	Describe      bool     `toml:"content_features" comment:"add a Content-features field to each document, which says how it is coded (RFC 2912)"`
	PlusAddresses bool     `toml:"plus_addresses" comment:"the mail server delivers fax+anything@... to fax@...: used for sub-addresses and for answers to a fax; without it, answers are known by their subject"`
	ReplyTime     Duration `toml:"reply_time" comment:"how long a received fax can be answered by replying to its mail"`
}

// Clean is what is done to pages that are sent, unless a fax says otherwise. Originals are kept as they are.
type Clean struct {
	Deskew    bool `toml:"deskew" comment:"turn pages of which the lines of writing run askew, by up to 5 degrees"`
	DropBlank bool `toml:"drop_blank" comment:"leave out pages on which nothing is"`
	Border    bool `toml:"border" comment:"make the black border white that a scanner leaves around a page"`
}

// Listen is the SMTP server that machines and mail servers deliver to.
type Listen struct {
	SMTP        string   `toml:"smtp" comment:"plain SMTP with STARTTLS where a certificate is set; empty: off. Anything but loopback needs own fax addresses"`
	SMTPS       string   `toml:"smtps" comment:"implicit TLS; empty: off"`
	CertFile    string   `toml:"cert_file"`
	KeyFile     string   `toml:"key_file"`
	MaxSize     Size     `toml:"max_size" comment:"largest message taken, told in SIZE"`
	User        []User   `toml:"user" comment:"log-ins (AUTH) of machines"`
	RequireAuth bool     `toml:"require_auth" comment:"take mail only after a log-in"`
	Trusted     []string `toml:"trusted" comment:"networks whose mail servers are believed about who the sender is, such as 192.168.1.10/32"`
}

// User is a log-in that a machine uses at our SMTP server.
type User struct {
	Name         string `toml:"name"`
	PasswordFile string `toml:"password_file"`
}

// Relay is the mail server that outgoing mail is handed to (smarthost).
type Relay struct {
	Host           string   `toml:"host" comment:"name, IPv4 or IPv6; empty: only direct destinations and IP-literal addresses can be reached"`
	Port           int      `toml:"port"`
	TLS            string   `toml:"tls" comment:"off | starttls (when offered) | starttls-required | implicit"`
	CAFile         string   `toml:"ca_file" comment:"own certificate authority, PEM"`
	VerifyOff      bool     `toml:"verify_off" comment:"do not verify the server's certificate (not recommended)"`
	User           string   `toml:"user"`
	PasswordFile   string   `toml:"password_file"`
	Mechanism      string   `toml:"mechanism" comment:"auto | CRAM-MD5 | PLAIN | LOGIN"`
	AllowPlaintext bool     `toml:"allow_plaintext" comment:"send a password without TLS (not recommended)"`
	Timeout        Duration `toml:"timeout"`
}

// Direct sends what goes to an address or a domain straight to a host, past the relay.
type Direct struct {
	To   string `toml:"to" comment:"address or @domain"`
	Host string `toml:"host"`
	Port int    `toml:"port"`
	TLS  string `toml:"tls"`
}

// Mailbox is an account that faxes and receipts are fetched from.
type Mailbox struct {
	Name           string   `toml:"name"`
	Protocol       string   `toml:"protocol" comment:"pop3 | imap"`
	Host           string   `toml:"host"`
	Port           int      `toml:"port"`
	TLS            string   `toml:"tls"`
	CAFile         string   `toml:"ca_file"`
	VerifyOff      bool     `toml:"verify_off"`
	User           string   `toml:"user"`
	PasswordFile   string   `toml:"password_file"`
	AllowPlaintext bool     `toml:"allow_plaintext"`
	Address        string   `toml:"address" comment:"the fax address that this mailbox belongs to; empty: the first own address"`
	Interval       Duration `toml:"interval" comment:"1 minute to 24 hours; imap also waits for news (IDLE)"`
	Keep           string   `toml:"keep" comment:"leave on the server: off | all | errors"`
	MaxSize        Size     `toml:"max_size" comment:"larger messages are left on the server and reported"`
}

// Console is the web page and the API.
type Console struct {
	Listen string   `toml:"listen"`
	Hosts  []string `toml:"hosts" comment:"names that the console answers to besides loopback"`
	URL    string   `toml:"url" comment:"how people reach the console, for links in mails; empty: http://<listen>"`
}

// Retry says when an unsent fax is tried again and how long receipts are waited for.
type Retry struct {
	First      int      `toml:"first" comment:"this many quick tries ..."`
	FirstWait  Duration `toml:"first_wait" comment:"... this far apart"`
	Wait       Duration `toml:"wait" comment:"then one try each ..."`
	GiveUp     Duration `toml:"give_up" comment:"... until the fax is this old; then it has failed"`
	Cap        int      `toml:"cap" comment:"never more tries than this"`
	Tell       Duration `toml:"tell" comment:"a sender whose fax has not got through by then is told so"`
	Grace      Duration `toml:"grace" comment:"after an unanswered final dot: wait this long for a report, then send the same message once more"`
	Monitoring Duration `toml:"monitoring" comment:"how long a receipt is waited for"`
	Learned    Duration `toml:"learned" comment:"how long a peer's learned abilities are believed"`
}

// Limits bound what one document or message may cost.
type Limits struct {
	Pages          int      `toml:"pages" comment:"pages of one document"`
	Pixels         int      `toml:"megapixels" comment:"megapixels of one page"`
	Document       Size     `toml:"document" comment:"bytes of one document"`
	PageTime       Duration `toml:"page_time" comment:"time to render one PDF page"`
	FreeDisk       Size     `toml:"free_disk" comment:"below this no mail is taken (452) and none is fetched"`
	Workers        int      `toml:"workers" comment:"faxes sent at a time: a machine that never answers holds up one of them for minutes"`
	Connections    int      `toml:"connections" comment:"SMTP connections at a time"`
	FragmentTime   Duration `toml:"fragment_time" comment:"how long the missing pieces of a split message (message/partial) are waited for before an alarm"`
	MailsPerMinute int      `toml:"mails_per_minute" comment:"mails of one sender that are faxed in a minute; more are told to come later"`
}

// Log is how the gateway tells what it does.
type Log struct {
	Format string `toml:"format" comment:"text | json"`
	Level  string `toml:"level" comment:"debug | info | warn | error"`
}

// Default is the configuration of `faxgate serve` without a file: everything on loopback, mail for fax@localhost only.
func Default() Config {
	return Config{
		Data: "./faxgate-data",
		Fax: Fax{
			Name: "faxgate", Names: []string{}, Subject: "Internet fax from {name} ({pages})", Answer: "asked", RequestMDN: true, Application: true, HeaderLine: true,
			Codings: []string{"MH", "MR", "MMR"}, Papers: []string{"A4", "Letter", "Legal", "B4", "A3"}, MaxResolution: "400x400",
			Colour:    "colour",
			ReplyTime: Duration(30 * 24 * time.Hour), AskTime: Duration(10 * time.Minute),
		},
		Listen:  Listen{SMTP: "127.0.0.1:2525", MaxSize: 256 << 20},
		Relay:   Relay{Port: 25, TLS: "starttls", Mechanism: "auto", Timeout: Duration(time.Minute)},
		Console: Console{Listen: "127.0.0.1:8037"},
		Retry: Retry{
			First: 2, FirstWait: Duration(3 * time.Minute), Wait: Duration(30 * time.Minute), GiveUp: Duration(24 * time.Hour), Cap: 60,
			Tell: Duration(time.Hour), Grace: Duration(15 * time.Minute), Monitoring: Duration(24 * time.Hour), Learned: Duration(90 * 24 * time.Hour),
		},
		Limits: Limits{
			Pages: 2000, Pixels: 150, Document: 500 << 20, PageTime: Duration(30 * time.Second), FreeDisk: 200 << 20, Workers: 8, Connections: 100, FragmentTime: Duration(24 * time.Hour), MailsPerMinute: 60,
		},
		Log: Log{Format: "text", Level: "info"},
	}
}

// defaultMailbox fills what a [[mailbox]] leaves out.
func (m *Mailbox) defaults(n int) {
	if m.Name == "" {
		m.Name = fmt.Sprintf("%s-%d", m.Protocol, n+1)
	}
	if m.TLS == "" {
		m.TLS = "implicit"
	}
	if m.Port == 0 {
		m.Port = mailboxPort(m.Protocol, m.TLS)
	}
	if m.Interval == 0 {
		m.Interval = Duration(15 * time.Minute)
	}
	if m.Keep == "" {
		m.Keep = "off"
	}
	if m.MaxSize == 0 {
		m.MaxSize = 256 << 20
	}
}

func mailboxPort(protocol, tls string) int {
	switch {
	case protocol == "imap" && tls == "implicit":
		return 993
	case protocol == "imap":
		return 143
	case tls == "implicit":
		return 995
	default:
		return 110
	}
}

// Read reads and checks the file; an empty name gives the defaults. Relative paths in it are relative to the file.
func Read(file string) (Config, error) {
	c := Default()
	if file != "" {
		meta, err := toml.DecodeFile(file, &c)
		if err != nil {
			return c, fmt.Errorf("read configuration %s: %w", file, explain(err))
		}
		if unknown := meta.Undecoded(); len(unknown) > 0 {
			return c, fmt.Errorf("configuration %s: unknown key %s (see `faxgate config default` for all keys)", file, joinKeys(unknown))
		}
		c.relativeTo(filepath.Dir(file))
	}
	c.complete()
	return c, c.Check()
}

func explain(err error) error {
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		return errors.New(strings.TrimSpace(pe.ErrorWithUsage()))
	}
	text, kinds, ok := strings.Cut(err.Error(), "incompatible types: TOML value has type ")
	if _, wanted, cut := strings.Cut(kinds, "destination has type "); ok && cut {
		return errors.New(text + "give " + inWords(wanted))
	}
	return err
}

// inWords says how a value of the kind is written in TOML.
func inWords(kind string) string {
	switch kind {
	case "slice":
		return `a list in brackets, such as ["fax@example.com"]`
	case "integer":
		return "a whole number, without quotes"
	case "boolean", "bool":
		return "true or false, without quotes"
	case "string":
		return "a text in quotes"
	default:
		return "a value of the kind " + kind
	}
}

func joinKeys(keys []toml.Key) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.String()
	}
	return strings.Join(names, ", ")
}

func (c *Config) relativeTo(dir string) {
	paths := []*string{&c.Data, &c.Listen.CertFile, &c.Listen.KeyFile, &c.Relay.CAFile, &c.Relay.PasswordFile}
	for i := range c.Mailbox {
		paths = append(paths, &c.Mailbox[i].CAFile, &c.Mailbox[i].PasswordFile)
	}
	for i := range c.Listen.User {
		paths = append(paths, &c.Listen.User[i].PasswordFile)
	}
	for i := range c.Folder {
		paths = append(paths, &c.Folder[i].Path)
	}
	for _, p := range append(paths, c.routePaths()...) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

func (c *Config) complete() {
	if c.Hostname == "" {
		c.Hostname, _ = os.Hostname()
	}
	if c.Hostname == "" {
		c.Hostname = "localhost"
	}
	for i := range c.Mailbox {
		c.Mailbox[i].defaults(i)
	}
	for i := range c.Route {
		c.Route[i].defaults(i)
	}
	for i := range c.Folder {
		c.Folder[i].defaults()
	}
	for i := range c.Direct {
		if c.Direct[i].Port == 0 {
			c.Direct[i].Port = 25
		}
		if c.Direct[i].TLS == "" {
			c.Direct[i].TLS = "starttls"
		}
	}
	for i := range c.Sender {
		c.Sender[i].defaults()
	}
	for i := range c.Mailbox {
		if c.Mailbox[i].Address == "" {
			c.Mailbox[i].Address = c.Own()[0]
		}
	}
}

// Own returns the gateway's own fax addresses; without any set it is fax@localhost, which only loopback can reach.
func (c *Config) Own() []string {
	if len(c.Fax.Addresses) == 0 {
		return []string{"fax@localhost"}
	}
	return c.Fax.Addresses
}

// Account is the address that faxes are sent from.
func (c *Config) Account() string { return c.Own()[0] }
