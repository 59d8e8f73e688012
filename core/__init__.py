"""What every room stands on: clock, encryption, outgoing requests, figures, content, charts, append-only rows."""
