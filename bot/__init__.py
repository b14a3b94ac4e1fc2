"""The running service: channels, people's pages, sending, schedules, commands."""
