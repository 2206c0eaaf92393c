package ifax

import (
	"fmt"
	"slices"
	"strings"

	"faxgate/codec"
)

// Choose picks the best form for a document that both sides can handle: first one whose paper holds the pages,
// then the highest resolution that is no finer than the document itself (scans in black and white are never
// blown up; drawn pages and photographs use all there is), then the smallest coding. What is not known of the
// peer is not assumed: the zero Capabilities stand for Profile S (RFC 3965 section 4). Target.Why says in words
// for the journal how it came to that. The header line is the caller's.
func Choose(theirs, ours Capabilities, doc codec.Summary) codec.Target {
	if !ours.Known() {
		ours = Ours(OursConfig{Codings: allCodings, Papers: allPapers, Resolutions: codec.Resolutions()})
	}
	why := "the peer takes " + theirs.Words()
	if !theirs.Known() {
		theirs = ProfileS()
		why = "nothing is known of what the peer takes, so Profile S, which every Internet fax machine takes (RFC 3965 section 4)"
	}
	best, ok := pick(theirs, ours, doc)
	if !ok {
		why += ", which has nothing in common with what may be sent, so Profile S (RFC 3965 section 4)"
		theirs = ProfileS()
		best, _ = pick(theirs, ProfileS(), doc)
	}
	t := codec.Target{
		Profile:    codec.Profile{Letter: 'F', Coding: best.coding},
		Resolution: best.res,
		Papers:     best.papers,
		Reduce:     !best.holds,
		Why:        []string{why},
	}
	if best.simple() {
		t.Profile.Letter = 'S'
	}
	t.Why = append(t.Why, best.words(doc)...)
	return t
}

// offer is a coding and resolution with the papers that go with them.
type offer struct {
	form
	papers  []codec.Paper
	holds   bool // one of the papers holds the document's largest page
	upsized bool // finer than the document
	exact   bool // both sides spell the resolution so
}

// pick gives the best offer that both take; false when there is none.
func pick(theirs, ours Capabilities, doc codec.Summary) (best offer, ok bool) {
	need := doc.Paper
	if need == "" {
		need = codec.A4
	}
	for _, coding := range allCodings {
		for _, res := range codec.Resolutions() {
			o := offer{form: form{coding: coding, res: res}, upsized: finer(res, doc)}
			for _, paper := range papersFor(need) {
				f := form{coding: coding, res: res, paper: paper}
				if theirs.takes(f) && ours.takes(f) {
					o.papers = append(o.papers, paper)
					o.exact = o.exact || theirs.admits(f) && ours.admits(f)
				}
			}
			if len(o.papers) == 0 {
				continue
			}
			o.paper = o.papers[len(o.papers)-1]
			o.holds = slices.Contains(o.papers, need) || need != codec.A3 && slices.ContainsFunc(o.papers, func(p codec.Paper) bool { return larger(p, need) })
			if !ok || o.better(best, doc) {
				best, ok = o, true
			}
		}
	}
	return best, ok
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

// finer tells whether a resolution is finer than the document, spellings of one class counting as equal. An
// unknown resolution is taken for the fine one of a fax.
func finer(r codec.Resolution, doc codec.Summary) bool {
	if doc.Vector || doc.Kind != codec.Bilevel {
		return false
	}
	own := doc.MaxRes
	if own.X <= 0 || own.Y <= 0 {
		own = codec.Resolution{X: 204, Y: 196}
	}
	return r.X*100 > own.X*104 || r.Y*100 > own.Y*104
}

// better tells whether o is to be preferred to p.
func (o offer) better(p offer, doc codec.Summary) bool {
	switch {
	case o.holds != p.holds:
		return o.holds
	case o.upsized != p.upsized:
		return p.upsized
	case class(o.res) != class(p.res):
		return (class(o.res) > class(p.res)) != o.upsized
	case rank(o.coding) != rank(p.coding):
		return rank(o.coding) < rank(p.coding)
	case o.exact != p.exact:
		return o.exact
	}
	if own := o.res == doc.MaxRes; own != (p.res == doc.MaxRes) && !doc.Vector {
		return own
	}
	return slices.Index(sameClass[class(o.res)], o.res) < slices.Index(sameClass[class(p.res)], p.res)
}

// class orders resolutions; spellings of one class are equal.
func class(r codec.Resolution) int {
	return slices.IndexFunc(sameClass, func(class []codec.Resolution) bool { return slices.Contains(class, r) })
}

// rank orders codings by the size of what they make.
func rank(c codec.Coding) int { return slices.Index(allCodings, c) }

// words explains the offer.
func (o offer) words(doc codec.Summary) []string {
	words := []string{fmt.Sprintf("%s at %s", o.coding, o.res)}
	switch {
	case o.upsized:
		words[0] += fmt.Sprintf(", the least that both sides have; the document has %s", doc.MaxRes)
	case doc.Vector || doc.Kind != codec.Bilevel:
		words[0] += ", the best that both sides have"
	case doc.MaxRes == codec.Resolution{}:
		words[0] += ", the resolution of a fax, as the document does not tell its own"
	default:
		words[0] += fmt.Sprintf(", the best that both sides have and no finer than the document's own %s", doc.MaxRes)
	}
	if !o.holds {
		words = append(words, fmt.Sprintf("pages of %s are made smaller: the peer's largest paper here is %s", doc.Paper, o.paper))
	}
	return words
}

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
	t.Profile = codec.Profile{Letter: 'S', Coding: codec.MH}
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
