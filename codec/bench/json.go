package main

import (
	"encoding/json"
	"io"
	"time"
)

// jsonCase and jsonVerdict are a line of the tables.
type jsonCase struct {
	Operation   string             `json:"operation"`
	Coding      string             `json:"coding"`
	Page        string             `json:"page"`
	Width       int                `json:"width"`
	Height      int                `json:"height"`
	Bytes       int                `json:"bytes"`
	Nanoseconds map[string]int64   `json:"nanoseconds"`
	Ratios      map[string]float64 `json:"ratios"`
}

type jsonVerdict struct {
	Operation string  `json:"operation"`
	Coding    string  `json:"coding"`
	Page      string  `json:"page"`
	Against   string  `json:"against"`
	Mean      float64 `json:"mean"`
	Aim       float64 `json:"aim"`
	Met       bool    `json:"met"`
}

func (r report) printJSON(out io.Writer, verdicts []verdict) error {
	doc := struct {
		Started       time.Time     `json:"started"`
		Machine       string        `json:"machine"`
		Rounds        int           `json:"rounds"`
		Cases         []jsonCase    `json:"cases"`
		Targets       []jsonVerdict `json:"targets"`
		SlowestDecode float64       `json:"slowest_decode"`
		SlowestEncode float64       `json:"slowest_encode"`
	}{Started: r.started.UTC(), Machine: r.machine, Rounds: r.rounds, SlowestDecode: slowest(r.cases, decode), SlowestEncode: slowest(r.cases, encode)}
	for _, c := range r.cases {
		j := jsonCase{
			Operation: string(c.op), Coding: c.codingName(), Page: c.drawn.name, Width: c.size.Width, Height: c.size.Height,
			Bytes: c.bytes, Nanoseconds: map[string]int64{}, Ratios: map[string]float64{},
		}
		for who, d := range c.fastest {
			j.Nanoseconds[who] = d.Nanoseconds()
			if ratio, ok := c.ratio(who); ok && who != "ours" {
				j.Ratios[who] = ratio
			}
		}
		doc.Cases = append(doc.Cases, j)
	}
	for _, v := range verdicts {
		c := benchCase{op: v.op, coding: v.coding}
		doc.Targets = append(doc.Targets, jsonVerdict{string(v.op), c.codingName(), v.page, v.rival, v.mean, v.least, v.met()})
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
