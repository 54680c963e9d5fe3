// Package list has what slices lacks: lists as sets that keep their order.
package list

import (
	"cmp"
	"slices"
)

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

// SortedBy returns a sorted copy, which is never nil.
func SortedBy[T any, K cmp.Ordered](list []T, key func(T) K) []T {
	out := append([]T{}, list...)
	slices.SortFunc(out, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return out
}
