"""What people say about criteria, items and key results, and whom they mention."""
