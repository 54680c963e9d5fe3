package main

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"400d": 400 * 24 * time.Hour, "5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "0": 0,
	} {
		var s span
		if err := s.Set(text); err != nil || time.Duration(s) != want {
			t.Errorf("Set(%q) = %v, %v; want %v", text, time.Duration(s), err, want)
		}
		var again span
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%q does not survive String: %q, %v", text, s.String(), err)
		}
	}
	for _, text := range []string{"", "5", "-1m", "d", "-2d", "1.5d", "99999999999d"} {
		var s span
		if err := s.Set(text); err == nil {
			t.Errorf("Set(%q) = %v, want an error", text, time.Duration(s))
		}
	}
}

func TestShare(t *testing.T) {
	for text, want := range map[string]float64{"20%": 0.2, "0.2": 0.2, "100%": 1} {
		var s share
		if err := s.Set(text); err != nil || float64(s) != want {
			t.Errorf("Set(%q) = %v, %v; want %v", text, float64(s), err, want)
		}
	}
	for _, text := range []string{"", "0", "101%", "x", "20"} {
		var s share
		if err := s.Set(text); err == nil {
			t.Errorf("Set(%q) succeeded", text)
		}
	}
}

func TestRates(t *testing.T) {
	for text, want := range map[string]rates{"200,25": {200, 25, true}, "0.5, 1/s": {0.5, 1, true}, "0,3": {0, 3, true}, "off": {chosen: true}} {
		var r rates
		if err := r.Set(text); err != nil || r != want {
			t.Errorf("Set(%q) = %+v, %v; want %+v", text, r, err, want)
		}
		var again rates
		if err := again.Set(r.String()); err != nil || again != r {
			t.Errorf("%q does not survive String: %q, %v", text, r.String(), err)
		}
	}
	for _, text := range []string{"", "200", "200,", ",25", "a,b", "-1,2", "1,2,3"} {
		var r rates
		if err := r.Set(text); err == nil {
			t.Errorf("Set(%q) = %+v, want an error", text, r)
		}
	}
}

func TestPerSecond(t *testing.T) {
	for text, want := range map[string]float64{"10/s": 10, "0.5": 0.5, "0": 0} {
		var r perSecond
		if err := r.Set(text); err != nil || float64(r) != want {
			t.Errorf("Set(%q) = %v, %v; want %v", text, float64(r), err, want)
		}
	}
	var r perSecond
	if err := r.Set("-1/s"); err == nil {
		t.Error("a negative rate was accepted")
	}
}
