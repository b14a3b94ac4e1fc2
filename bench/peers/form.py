"""The peers' form: as many questions with buttons as a customer of kakunin answers, and nothing else."""

QUESTIONS = 20
CHOICES = ("はい", "いいえ", "わからない")


def text_of(number: int) -> str:
    """The question, as long as kakunin's are."""
    left = QUESTIONS - number
    return f"{number}問め(のこり約{left}問)\n\nいまのご登録のとおりですか。\n\nこのままでよろしいですか。"


def choice_of(words: str) -> int | None:
    """Which choice a typed reply names."""
    return CHOICES.index(words) if words in CHOICES else None
