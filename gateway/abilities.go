package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"faxgate/codec"
	"faxgate/gateway/config"
	"faxgate/ifax"
	"faxgate/spool"
)

// ownAbilities is what we take, tell and send, as the administrator set it (settings.md D36 to D42 of the office machines).
type ownAbilities struct {
	set    ifax.OursConfig
	colour codec.MultiValue // what becomes of shades, where a fax does not say
	told   ifax.Capabilities
	shaded ifax.Capabilities // told to machines that take shades themselves
}

// abilitiesOf reads the configuration.
func abilitiesOf(f config.Fax) (ownAbilities, error) {
	highest, err := codec.ParseResolution(f.MaxResolution)
	if err != nil {
		return ownAbilities{}, fmt.Errorf("fax.max_resolution: %w", err)
	}
	var a ownAbilities
	if a.colour, err = codec.ParseMultiValue(f.Colour); err != nil {
		return a, fmt.Errorf("fax.colour: %w", err)
	}
	for _, v := range f.Codings {
		a.set.Codings = append(a.set.Codings, codec.Coding(v))
	}
	for _, v := range f.Papers {
		a.set.Papers = append(a.set.Papers, codec.Paper(v))
	}
	for _, r := range codec.Resolutions() {
		if takes(r, highest) {
			a.set.Resolutions = append(a.set.Resolutions, r)
		}
	}
	told := a.set
	told.Shades = codec.Colour
	a.shaded, a.told = ifax.Ours(told), ifax.Ours(a.set)
	if slices.Contains(a.set.Codings, codec.JPEG) {
		a.told = a.shaded
	}
	return a, nil
}

// takes tells whether a resolution is among ours. What RFC 3949 does not have (200x400 and 600x600) is left out unless the administrator went that far: old machines compare texts.
func takes(r, highest codec.Resolution) bool {
	if r == highest {
		return true
	}
	standard := r.X <= 408 && r != codec.Resolution{X: 200, Y: 400}
	return r.X*r.Y <= highest.X*highest.Y && (standard || highest.X > 408)
}

// sends is what we make for a machine that tells what it takes. Who allows MMR has no objection to JBIG, which needs as much; only machines that tell it get it.
func (a ownAbilities) sends(m codec.MultiValue) ifax.Capabilities {
	set := a.set
	if slices.Contains(set.Codings, codec.MMR) {
		set.Codings = append(slices.Clone(set.Codings), codec.JBIG)
	}
	set.Shades = m.Kind(codec.Colour)
	return ifax.Ours(set)
}

// profileF is all that we have of Profile F, with or without shades.
func (a ownAbilities) profileF(shades codec.Kind) ifax.Capabilities {
	set := a.set
	set.Codings = slices.DeleteFunc(slices.Clone(set.Codings), func(c codec.Coding) bool { return c == codec.JBIG })
	set.Shades = shades
	return ifax.Ours(set)
}

// tells is what the machine at an address hears of our abilities. Only one that takes shades itself, or for which somebody has set them, hears of ours: old machines compare texts.
func (g *Gateway) tells(ctx context.Context, to string) (ifax.Capabilities, error) {
	c, err := g.contactFor(ctx, to)
	if err != nil {
		return g.own.told, err
	}
	theirs, told, _, err := g.abilities(ctx, c.Address)
	if err != nil {
		return g.own.told, err
	}
	if c.Form.shades() > codec.Bilevel || told && theirs.Shades() > codec.Bilevel {
		return g.own.shaded, nil
	}
	return g.own.told, nil
}

// multiValue is what becomes of the shades of a fax: as it says itself, else as the configuration has it.
func (g *Gateway) multiValue(w faxWhat) codec.MultiValue {
	if w.Colour == "" {
		return g.own.colour
	}
	return w.Colour
}

// completePages checks what a request says about its pages, and fills in what the configuration says.
func (g *Gateway) completePages(r *SubmitRequest) error {
	if r.Colour != "" {
		m, err := codec.ParseMultiValue(r.Colour)
		if err != nil {
			return &InputError{"colour", err.Error()}
		}
		r.Colour = string(m)
	}
	for _, set := range []struct {
		to   **bool
		from bool
	}{{&r.Deskew, g.cfg.Clean.Deskew}, {&r.DropBlank, g.cfg.Clean.DropBlank}, {&r.Border, g.cfg.Clean.Border}} {
		if *set.to == nil {
			*set.to = new(set.from)
		}
	}
	return nil
}

// clean is what is done to the pages of a complete request.
func (r SubmitRequest) clean() codec.Clean {
	is := func(b *bool) bool { return b != nil && *b }
	return codec.Clean{Deskew: is(r.Deskew), DropBlank: is(r.DropBlank), Border: is(r.Border)}
}

// peerTold finds what a machine told of itself.
func (g *Gateway) peerTold(ctx context.Context, to string) (p spool.Peer, known bool, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		p, err = tx.Peer(peerKey(to))
		return err
	})
	if errors.Is(err, spool.ErrNotFound) {
		return p, false, nil
	}
	return p, err == nil, err
}
