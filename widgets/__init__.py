"""What is drawn: values in by reactive, messages out. A widget is told, it does not ask."""
