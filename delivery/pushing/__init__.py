"""What programs push: deployments, incidents and alerts, in any order and as often as they like. docs/adr/0023."""
