"""What the desk of these tests shows beside every transcript."""

from __future__ import annotations

from bot.console.desk import AnswerLine, CustomerFact, EntryQuestion

ANSWERS = (
    AnswerLine(label="お名前", display="見本 ●●", state="unchanged"),
    AnswerLine(label="電話番号", display="090-****-1234", state="answered"),
    AnswerLine(label="ご職業", display="会社員", state="check"),
    AnswerLine(label="毎月のお取引額", display="", state="declined"),
)
FACTS = (
    CustomerFact(key="customer_no", masked="0001234"),
    CustomerFact(key="name", masked="見●花●"),
    CustomerFact(key="birth_date", masked="19**年**月**日"),
    CustomerFact(key="address", masked="東京都●●区●●1-2-●"),
    CustomerFact(key="phone", masked="090-****-1234"),
    CustomerFact(key="kind", masked="individual"),
)


FULL = (CustomerFact(key="name", masked="山田 太郎"), CustomerFact(key="phone", masked="090-1234-1234"))
QUESTIONS = (EntryQuestion(question="occupation", instance=0, label="ご職業"),)
