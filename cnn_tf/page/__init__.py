"""A run -> one HTML file in which its network computes."""
