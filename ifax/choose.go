package ifax

import (
	"fmt"
	"slices"
	"strings"

	"faxgate/codec"
)

// Choose picks the best form for a document that both sides can handle. Pages with shades go as Profile C where
// both sides have it, in grey if there is no colour; otherwise their shades become dots. First comes a form whose
// paper holds the pages, then the highest resolution that is no finer than the document itself (nothing is ever blown
// up, but that photographs have at least 200 dots per inch; for dots and drawn pages all resolution is used), then the
// coding of the fewest bytes. What is not known of the peer is not assumed: the zero Capabilities stand for Profile S (RFC 3965 section 4). Target.Why says in words
// for the journal how it came to that. The header line is the caller's.
func Choose(theirs, ours Capabilities, doc codec.Summary) codec.Target {
	if !ours.Known() {
		ours = everything()
	}
	why := "the peer takes " + theirs.Words()
	if !theirs.Known() {
		theirs = ProfileS()
		why = "nothing is known of what the peer takes, so Profile S, which every Internet fax machine takes (RFC 3965 section 4)"
	}
	c := chooser{theirs, ours, doc}
	best, ok := c.shades()
	if !ok {
		best, ok = c.pick(codec.Bilevel)
	}
	if !ok {
		why += ", which has nothing in common with what may be sent, so Profile S (RFC 3965 section 4)"
		c.theirs, c.ours = ProfileS(), ProfileS()
		best, _ = c.pick(codec.Bilevel)
	}
	return codec.Target{
		Profile:    best.profile(),
		Resolution: best.res,
		Papers:     best.papers,
		Kind:       best.kind,
		Reduce:     !best.holds,
		Why:        append([]string{why}, c.words(best)...),
	}
}

// everything is what the codec can make.
func everything() Capabilities {
	all := append(codec.Resolutions(), colourProfile.Resolutions()...)
	return Ours(OursConfig{Codings: bilevelCodings, Papers: allPapers, Resolutions: all, Shades: codec.Colour})
}

// chooser looks for a form.
type chooser struct {
	theirs, ours Capabilities
	doc          codec.Summary
}

// offer is a coding and resolution with the papers that go with them.
type offer struct {
	form
	papers  []codec.Paper
	holds   bool // one of the papers holds the document's largest page
	upsized bool // finer than the document
	exact   bool // both sides spell the resolution so
}

// shades gives the best offer of Profile C for pages that have shades.
func (c chooser) shades() (best offer, ok bool) {
	for kind := c.doc.Kind; kind > codec.Bilevel && !ok; kind-- {
		best, ok = c.pick(kind)
	}
	return best, ok
}

// pick gives the best offer for pages of a kind that both take; false when there is none.
func (c chooser) pick(kind codec.Kind) (best offer, ok bool) {
	codings, list := bilevelCodings, codec.Resolutions()
	if kind != codec.Bilevel {
		codings, list = []codec.Coding{codec.JPEG}, colourProfile.Resolutions()
	}
	for _, coding := range codings {
		for _, res := range list {
			o := offer{form: form{coding: coding, res: res, kind: kind}, upsized: c.finer(res, kind)}
			if c.fill(&o) && (!ok || c.better(o, best)) {
				best, ok = o, true
			}
		}
	}
	return best, ok
}

// fill finds the papers on which both sides take the offer; false when there are none.
func (c chooser) fill(o *offer) bool {
	need := c.doc.Paper
	if need == "" {
		need = codec.A4
	}
	for _, o.paper = range papersFor(need) {
		if c.theirs.takes(o.form) && c.ours.takes(o.form) {
			o.papers = append(o.papers, o.paper)
			o.exact = o.exact || c.theirs.admits(o.form) && c.ours.admits(o.form)
		}
	}
	if len(o.papers) == 0 {
		return false
	}
	o.paper = o.papers[len(o.papers)-1]
	o.holds = slices.Contains(o.papers, need) || need != codec.A3 && slices.ContainsFunc(o.papers, func(p codec.Paper) bool { return larger(p, need) })
	return true
}

// papersFor leaves wide papers out where the document does not need them: they would cost Profile S and pixels.
func papersFor(need codec.Paper) []codec.Paper {
	if wide(need) {
		return allPapers
	}
	return allPapers[:3]
}

// larger tells whether p is larger than need both ways.
func larger(p, need codec.Paper) bool {
	return sizes[p].x >= sizes[need].x && sizes[p].y >= sizes[need].y
}

// drawnShades is the finest resolution of drawn pages that go with their shades: letters are read well, and 400
// would cost nearly twice the bytes.
var drawnShades = codec.Resolution{X: 300, Y: 300}

// leastShades is what every reader of Profile C takes (RFC 3949 section 6.2.1). Coarser pages go so too: at 100 dots per
// inch those of 150 would lose what they have.
var leastShades = codec.Resolution{X: 200, Y: 200}

// finer tells whether a resolution is finer than the document, spellings of one class counting as equal. An
// unknown resolution is taken for the fine one of a fax. Drawn pages are as fine as one likes, and so is what is to
// become dots: they take the place of shades.
func (c chooser) finer(r codec.Resolution, kind codec.Kind) bool {
	own := c.doc.MaxRes
	switch {
	case kind != codec.Bilevel && c.doc.Vector:
		own = drawnShades
	case kind != codec.Bilevel && (own.X < leastShades.X || own.Y < leastShades.Y):
		own = leastShades
	case c.doc.Vector || c.doc.Kind != kind && kind == codec.Bilevel:
		return false
	case own.X <= 0 || own.Y <= 0:
		own = codec.Resolution{X: 204, Y: 196}
	}
	return r.X*100 > own.X*104 || r.Y*100 > own.Y*104
}

// better tells whether o is to be preferred to p.
func (c chooser) better(o, p offer) bool {
	switch {
	case o.holds != p.holds:
		return o.holds
	case o.upsized != p.upsized:
		return p.upsized
	case class(o.res) != class(p.res):
		return (class(o.res) > class(p.res)) != o.upsized
	case c.rank(o.coding) != c.rank(p.coding):
		return c.rank(o.coding) < c.rank(p.coding)
	case o.exact != p.exact:
		return o.exact
	}
	if own := o.res == c.doc.MaxRes; own != (p.res == c.doc.MaxRes) && !c.doc.Vector {
		return own
	}
	return slices.Index(sameClass[class(o.res)], o.res) < slices.Index(sameClass[class(p.res)], p.res)
}

// rank orders codings by the size of what they make. JBIG is the first for dots that stand for shades, of which MMR
// can even make more bytes than there were; for pages in black and white it would gain little, and more machines
// read MMR well.
func (c chooser) rank(coding codec.Coding) int {
	if coding == codec.JBIG && c.dots() {
		return -1
	}
	return slices.Index(bilevelCodings, coding)
}

// dots tells whether the document has shades, which a bilevel form can only have as dots.
func (c chooser) dots() bool { return c.doc.Kind != codec.Bilevel }

// words explains the offer.
func (c chooser) words(o offer) []string {
	words := []string{fmt.Sprintf("%s at %s", o.coding, o.res)}
	switch {
	case o.upsized:
		words[0] += fmt.Sprintf(", the least that both sides have; the document has %s", c.doc.MaxRes)
	case c.doc.Vector && o.kind != codec.Bilevel:
		words[0] += ", the best that both sides have for shades, and no finer than 300x300, which is enough for drawn pages"
	case c.doc.Vector || c.dots() && o.kind == codec.Bilevel:
		words[0] += ", the best that both sides have"
	case o.kind != codec.Bilevel && o.res == leastShades && class(c.doc.MaxRes) < class(leastShades):
		words[0] += ", which every reader of Profile C takes"
	case c.doc.MaxRes == codec.Resolution{}:
		words[0] += ", the resolution of a fax, as the document does not tell its own"
	default:
		words[0] += fmt.Sprintf(", the best that both sides have and no finer than the document's own %s", c.doc.MaxRes)
	}
	words = append(words, c.shadesWords(o)...)
	if !o.holds {
		words = append(words, fmt.Sprintf("pages of %s are made smaller: the peer's largest paper here is %s", c.doc.Paper, o.paper))
	}
	return words
}

// shadesWords tells what becomes of shades, and why.
func (c chooser) shadesWords(o offer) []string {
	switch {
	case !c.dots():
		return nil
	case o.kind == codec.Bilevel:
		who := "the peer takes none"
		if c.ours.Shades() == codec.Bilevel {
			who = "none are to be sent"
		}
		words := fmt.Sprintf("the document's shades (%s) become dots, as %s", c.doc.Kind, who)
		if o.coding == codec.JBIG {
			words += ", coded as JBIG, which takes fewer bytes for them than MMR"
		}
		return []string{words}
	case o.kind < c.doc.Kind:
		return []string{"its colours become grey, as both sides have no more", oneProfile}
	}
	return []string{fmt.Sprintf("with its shades (%s), as both sides have them", c.doc.Kind), oneProfile}
}

// oneProfile is why a page in black and white goes as grey beside others that have shades.
const oneProfile = "all pages of a file go as Profile C, as a file has one profile (RFC 3949 section 2.2.4)"

// Refusal is what a peer said when it did not take a fax.
type Refusal struct {
	// Code is the SMTP reply code, 0 when the refusal came as a report.
	Code int
	// Status is the enhanced status code, such as "5.6.1"; empty when none was given.
	Status string
	// Words are the peer's, verbatim.
	Words string
	// Size: the peer found the message too big; splitting by page may help, another coding is not tried.
	Size bool
	// Report: a matched MDN with processed/error or failed.
	Report bool
	// AtDot: the reply answered the message itself, not the envelope.
	AtDot bool
	// Machine: the peer is known to be a machine.
	Machine bool
}

// Lower gives the form for one more attempt after a refusal: straight to Profile S, once. It says no when it
// was Profile S already, and when the refusal is not about the form: a wrong address (5.1), no way there
// (5.4), not allowed (5.7), a connection that failed, a message too big.
func Lower(t codec.Target, why Refusal) (codec.Target, bool) {
	if t.Profile.Letter == 'S' || !why.heals() {
		return t, false
	}
	papers := slices.DeleteFunc(slices.Clone(t.Papers), wide)
	if len(papers) < len(t.Papers) {
		t.Reduce = true
	}
	if len(papers) == 0 {
		papers = []codec.Paper{codec.A4}
	}
	t.Papers = papers
	t.Profile, t.Kind = codec.Profile{Letter: 'S', Coding: codec.MH}, codec.Bilevel
	t.Resolution = lowered(t.Resolution)
	words := "the peer could not read " + quoted(why.Words)
	t.Why = append(slices.Clone(t.Why), words+", so once more as Profile S, which every Internet fax machine takes")
	return t, true
}

// lowered keeps a Profile S resolution and makes any other the fine one.
func lowered(r codec.Resolution) codec.Resolution {
	if r.ProfileS() {
		return r
	}
	return codec.Resolution{X: 204, Y: 196}
}

// quoted puts the peer's words in brackets behind "it".
func quoted(words string) string {
	if words == "" {
		return "it"
	}
	return fmt.Sprintf("it (%q)", clip(words, 200))
}

// heals tells whether another form of the same fax may be taken (design: healing).
func (r Refusal) heals() bool {
	switch {
	case r.Size, r.Status == "5.2.3", r.Status == "5.3.4", r.Code == 552:
		return false
	case r.Report:
		return !strings.HasPrefix(r.Status, "5.1.") && !strings.HasPrefix(r.Status, "5.4.") && !strings.HasPrefix(r.Status, "5.7.")
	case strings.HasPrefix(r.Status, "5.6."):
		return r.Code == 0 || r.Code >= 500
	}
	return r.Code == 554 && r.Status == "" && r.AtDot && r.Machine
}
