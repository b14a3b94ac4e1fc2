"""What reports count beside the charts."""
