"""What is done to many at once: the same rows as one by one, in as few statements as for one."""
