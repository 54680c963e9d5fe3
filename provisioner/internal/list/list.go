// Package list has what slices lacks: lists as sets that keep their order.
package list

// Unique returns the list without repetitions, in its order.
func Unique[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	var out []T
	for _, x := range list {
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

// Without returns what of list is not in other, each once and in the order of
// list.
func Without[T comparable](list, other []T) []T {
	have := make(map[T]bool, len(other))
	for _, x := range other {
		have[x] = true
	}
	var out []T
	for _, x := range Unique(list) {
		if !have[x] {
			out = append(out, x)
		}
	}
	return out
}
