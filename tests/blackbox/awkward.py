"""Texts that journals, spreadsheets and shells choke on; drawn by seed."""

NAMES = ["Conta \"Corrente\"", "  espaço  duplo  ", "a;b|c:d", "(virtual)", "[virtual]", "<adiada>",
         "* marcada", "! pendente", "=SUM(A1:A9)", "+55 11", "-cartão", "@casa", "; comentário",
         "🍕🇧🇷 família", "linha\nnova", "tab\taqui", "R$ 1.000,00", "  10.00 BRL", "{lote}",
         "e\u0301 ≠ é", "\u00a0\u00a0nbsp\u00a0\u00a0", "\u2003largo\u2028linha", "um:dois::três",
         "'aspas'", "%41%zz", "\\n\\", "~ agendada", "#hash", "2026-01-01", "assets:x", "Carteira",
         "Carteira", "Carteira (2)", "x" * 100, "＝ampla", "date:2026-13-45", "[=2026-99-99]",
         ":tag:", "a  ; b", "Nível%3A1"]
PIECES = ["a", "Z", "ç", "🍕", " ", "  ", "\t", "\n", ";", ":", "|", ",", "\"", "'", "(", ")", "[",
          "]", "{", "}", "<", ">", "*", "!", "=", "+", "-", "@", "#", "%", "~", "&", "$", "\\",
          "/", "^", "?", "0", "9.99", "2026-01-01", "BRL", "date:", "[=", "\u00a0", "\u3000",
          "\u2028", "\u200d", "\ufeff", "\u202e"]


def text(chance, most, wanted=True):
    """Up to `most` characters, not blank."""
    while True:
        made = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 14)))[:most]
        if made.strip() and (not wanted or any(c.isalnum() for c in made)):
            return made
