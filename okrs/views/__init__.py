"""The OKRs' pages."""
