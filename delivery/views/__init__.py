"""The pages of this room: connecting a repository, its rules, the figures, and what stands behind them."""
