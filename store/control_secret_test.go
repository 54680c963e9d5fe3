package store_test

import (
	"path/filepath"
	"testing"

	"iamscim/store"
)

// TestCursorKey: it outlives the process, and no two files have the same.
func TestCursorKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.db")
	var keys [2][32]byte
	for i := range keys {
		c, err := store.OpenControl(t.Context(), path, frozen)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = c.CursorKey()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if keys[0] != keys[1] || keys[0] == newControl(t).CursorKey() || keys[0] == ([32]byte{}) {
		t.Errorf("keys %x", keys)
	}
}
