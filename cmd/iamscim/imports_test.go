package main

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports is the architecture diagram: which of our packages may import
// which. Sub-packages are nouns of their own; the arrows keep pointing the
// same way.
func TestImports(t *testing.T) {
	const module = "iamscim"
	allowed := map[string][]string{
		"cmd/iamscim":               {"conformance", "provisioner", "provisioner/awsapi", "provisioner/iamsim", "provisioner/observer", "provisioner/planner", "scim", "scim/auth", "store"},
		"conformance":               nil,
		"provisioner":               {"provisioner/awsapi", "provisioner/internal/list", "provisioner/observer", "provisioner/planner", "provisioner/policy", "store"},
		"provisioner/awsapi":        nil,
		"provisioner/internal/list": nil,
		"provisioner/observer":      {"provisioner/awsapi", "provisioner/internal/list", "provisioner/planner", "provisioner/policy", "store"},
		// Plans are pure: they know what AWS calls errors, and nothing of who asks.
		"provisioner/planner": {"provisioner/awsapi", "provisioner/internal/list", "provisioner/policy", "store"},
		"provisioner/iamsim":  {"provisioner/policy"},
		"provisioner/policy":  nil,
		"scim":                {"provisioner", "provisioner/awsapi", "provisioner/observer", "provisioner/planner", "scim/auth", "scim/filter", "scim/patch", "scim/tree", "store"},
		"scim/auth":           {"store"},
		"scim/filter":         {"store"},
		"scim/patch":          {"scim/filter", "scim/tree", "store"},
		"scim/tree":           {"scim/filter", "store"},
		"store":               nil,
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		pkg = strings.TrimPrefix(pkg, module+"/")
		seen[pkg] = true
		if _, ok := allowed[pkg]; !ok {
			t.Errorf("%s is in the module but not in the diagram", pkg)
			continue
		}
		for imp := range strings.FieldsSeq(imports) {
			dep, ours := strings.CutPrefix(imp, module+"/")
			if ours && !slices.Contains(allowed[pkg], dep) {
				t.Errorf("%s must not import %s", pkg, dep)
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(allowed)) {
		if !seen[pkg] {
			t.Errorf("%s is in the diagram but not in the module", pkg)
		}
	}
}
