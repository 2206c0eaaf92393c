package ifax

// TooLarge tells whether the message was refused for its size: then less in one message helps, and no other coding is needed. A full
// mailbox (5.2.2), which some servers also answer 552, is no matter of the message's size (RFC 3463 section 3.3).
func (r Refusal) TooLarge() bool {
	switch {
	case r.Size, r.Status == "5.2.3", r.Status == "5.3.4":
		return true
	case r.Code == 552:
		return r.Status == "" || r.Status == "5.0.0"
	}
	return false
}
