package iamsim

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// catalogueFS holds AWS-managed policies: a choice of those that accounts really
// use, with documents that say in short what AWS's own say at length.
//
//go:embed catalogue.json
var catalogueFS embed.FS

type catalogueEntry struct {
	Name, Path, Description string
	Version                 int // of the default version; older ones are not kept
	Created                 string
	Document                json.RawMessage
}

// loadCatalogue cannot fail: the file is part of the program.
func (a *Account) loadCatalogue() {
	data, err := catalogueFS.ReadFile("catalogue.json")
	if err != nil {
		panic(fmt.Sprintf("iamsim: %v", err))
	}
	var all []catalogueEntry
	if err := json.Unmarshal(data, &all); err != nil {
		panic(fmt.Sprintf("iamsim: catalogue: %v", err))
	}
	for _, e := range all {
		created, err := time.Parse(time.DateOnly, e.Created)
		if err != nil {
			panic(fmt.Sprintf("iamsim: catalogue: %s: %v", e.Name, err))
		}
		id := "v" + strconv.Itoa(e.Version)
		a.policies.put(&Policy{
			ID: a.newID("ANPA", 17), Name: e.Name, Path: e.Path, Description: e.Description,
			ARN:     "arn:" + a.cfg.Partition + ":iam::aws:policy" + e.Path + e.Name,
			Created: created, Updated: created, Default: id, Issued: e.Version,
			Versions:   []PolicyVersion{{id, string(e.Document), created}},
			AWSManaged: true,
		}, time.Time{})
	}
}
