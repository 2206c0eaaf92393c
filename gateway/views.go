package gateway

import (
	"time"

	"faxgate/spool"
)

// Fax is one submitted fax as people and programs see it: `faxgate job show --json` and GET /api/v1/faxes/{id}.
type Fax struct {
	ID         spool.ID       `json:"id"`
	Number     int64          `json:"number,omitempty"` // the running fax number of this gateway
	State      spool.State    `json:"state"`
	Late       bool           `json:"late"`
	Subject    string         `json:"subject,omitempty"`
	Priority   string         `json:"priority,omitempty"` // "low" or "high"; empty: normal
	CreatedAt  time.Time      `json:"createdAt"`
	Pages      int            `json:"pages"`
	Documents  []DocumentView `json:"documents,omitempty"`
	Deliveries []Delivery     `json:"deliveries"`
}

// DocumentView is one document of a fax.
type DocumentView struct {
	ID    spool.ID `json:"id"`
	Name  string   `json:"name"`
	Type  string   `json:"type"`
	Pages int      `json:"pages"`
	Size  int64    `json:"size"`
	Error string   `json:"error,omitempty"`
}

// Delivery is the way of a fax to one recipient, with every rung of the ladder that it reached.
type Delivery struct {
	Task      spool.ID    `json:"task"`
	To        string      `json:"to"`
	Part      string      `json:"part,omitempty"` // such as "1/3": this is only a part of the fax, which was too large for one message
	State     spool.State `json:"state"`
	Late      bool        `json:"late"`
	MessageID string      `json:"messageId"`
	Form      string      `json:"form"`   // such as "S MH 204x196 A4"
	Reason    string      `json:"reason"` // why it stands where it stands, in words
	Attempts  int         `json:"attempts"`
	NextAt    *time.Time  `json:"nextAt,omitempty"` // next try, or the end of waiting for a receipt
	Rungs     []Rung      `json:"rungs"`
}

// Who is the recipient as people read it, with the part of the fax that goes there.
func (d Delivery) Who() string {
	if d.Part == "" {
		return d.To
	}
	return d.To + " (part " + d.Part + ")"
}

// Rung is one state that a delivery reached: when, by whose word, and the word itself, verbatim.
type Rung struct {
	State spool.State `json:"state"`
	At    time.Time   `json:"at"`
	By    string      `json:"by"`
	Words string      `json:"words"`
}

// InboxFax is one received fax: `faxgate inbox list --json` and GET /api/v1/inbox.
type InboxFax struct {
	ID         spool.ID       `json:"id"`
	From       string         `json:"from"`
	To         string         `json:"to"`
	ReceivedAt time.Time      `json:"receivedAt"`
	Pages      int            `json:"pages"`
	MessageID  string         `json:"messageId,omitempty"`
	Error      string         `json:"error,omitempty"`
	State      spool.State    `json:"state"`
	Subject    string         `json:"subject,omitempty"`
	Source     string         `json:"source,omitempty"`
	Documents  []DocumentView `json:"documents,omitempty"`
	Tasks      []Delivery     `json:"tasks,omitempty"`      // its receipt and its routes
	SubAddress string         `json:"subAddress,omitempty"` // that it came with
	HeldBy     string         `json:"heldBy,omitempty"`     // the rule that keeps it until it is released
	Receipt    string         `json:"receipt,omitempty"`    // what became of the receipt that was asked for, in words
	ByHand     bool           `json:"byHand,omitempty"`     // the receipt was not sent, and can be by hand
}

// PeerView is what is known of the machine behind an address.
type PeerView struct {
	Address   string     `json:"address"`
	Features  string     `json:"features"`
	Best      string     `json:"best"` // the best form it takes, in words
	Source    string     `json:"source"`
	LearnedAt time.Time  `json:"learnedAt"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
	Pinned    bool       `json:"pinned,omitempty"`
}

// JournalLine is one event of the journal.
type JournalLine struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Words string    `json:"words"`
	Fax   spool.ID  `json:"fax,omitempty"`
	Inbox spool.ID  `json:"inbox,omitempty"`
}
