.PHONY: run test lint format
run:     ; python app.py
test:    ; python -m pytest
lint:    ; ruff check . && ruff format --check .
format:  ; ruff check --fix . && ruff format .
