package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a duration flag that also takes days: 400d, 5m, 1h30m.
type span time.Duration

func (s *span) Set(text string) error {
	d, err := parseSpan(text)
	if err != nil {
		return err
	}
	*s = span(d)
	return nil
}

func parseSpan(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 100_000 {
			return 0, fmt.Errorf("%q is no number of days", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration such as 30s, 5m, 1h or 400d", text)
	}
	return d, nil
}

func (s *span) String() string {
	d := time.Duration(*s)
	if d >= 48*time.Hour && d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (s *span) Type() string { return "duration" }

// share is a flag for a part of a whole: 20% or 0.2.
type share float64

func (s *share) Set(text string) error {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return fmt.Errorf("%q is no share such as 20%%", text)
	}
	if percent {
		v /= 100
	}
	if v <= 0 || v > 1 {
		return errors.New("a share is more than 0% and at most 100%")
	}
	*s = share(v)
	return nil
}

func (s *share) String() string { return strconv.FormatFloat(float64(*s)*100, 'g', -1, 64) + "%" }
func (s *share) Type() string   { return "share" }

// rates is a flag for two rates: 200,25, or off for no limits.
type rates struct {
	reads, writes float64
	chosen        bool // by whoever runs it, not by default
}

func (r *rates) Set(text string) error {
	*r = rates{chosen: true}
	if text == "off" {
		return nil
	}
	reads, writes, _ := strings.Cut(text, ",")
	var first, second perSecond
	if first.Set(strings.TrimSpace(reads)) != nil || second.Set(strings.TrimSpace(writes)) != nil {
		return fmt.Errorf("%q is neither off nor reads and writes per second such as 200,25", text)
	}
	r.reads, r.writes = float64(first), float64(second)
	return nil
}

func (r *rates) String() string {
	if r.reads == 0 && r.writes == 0 {
		return "off"
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	return number(r.reads) + "," + number(r.writes)
}

func (r *rates) Type() string { return "rates" }

// perSecond is a flag for a rate: 10/s or 10; 0 means no limit.
type perSecond float64

func (r *perSecond) Set(text string) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no rate such as 10/s", text)
	}
	*r = perSecond(v)
	return nil
}

func (r *perSecond) String() string { return strconv.FormatFloat(float64(*r), 'g', -1, 64) + "/s" }
func (r *perSecond) Type() string   { return "rate" }
