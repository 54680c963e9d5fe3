package provisioner

import (
	"context"
	"log/slog"

	"iamscim/provisioner/internal/list"
)

// tellCapability logs which operations changed, a line for each outcome. That
// some are off from the start is what the role was made for, unless all were
// asked for; that AWS takes one away later is odd.
func (p *Provisioner) tellCapability(ctx context.Context, before, next *Capability) {
	var on, denied, missing, reasons []string
	off := map[string][]string{}
	for _, o := range next.Operations {
		if before.Operations != nil && before.Operation(o.Name).Decision == o.Decision {
			continue
		}
		switch o.Decision {
		case Denied:
			denied, missing = append(denied, o.Name), append(missing, o.Missing...)
		case Off:
			reasons = append(reasons, o.Reason)
			off[o.Reason] = append(off[o.Reason], o.Name)
		default:
			on = append(on, o.Name)
		}
	}
	if len(on) > 0 {
		p.log.InfoContext(ctx, "operations are on", "operations", on)
	}
	for _, reason := range list.Unique(reasons) {
		p.log.InfoContext(ctx, "operations are off", "operations", off[reason], "reason", reason)
	}
	if len(denied) > 0 {
		level := slog.LevelInfo
		if before.Operations != nil || p.writes.cfg.Lifecycle {
			level = slog.LevelWarn
		}
		p.log.Log(ctx, level, "operations are off: aws does not allow them", "operations", denied, "missing", list.Unique(missing), "guess", next.Guess)
	}
}
