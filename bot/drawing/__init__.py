"""A form as a drawing on A3: its questions in order, and on the way to each the condition under which it is asked."""
