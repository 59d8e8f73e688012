"""The sample organisation: made through every room's services, marked everywhere, gone without a trace but two audit entries."""
