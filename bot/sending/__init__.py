"""Parts of the sender (bot.delivery)."""
