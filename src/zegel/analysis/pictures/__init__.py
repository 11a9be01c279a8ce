"""Pictures of messages as SVG: no script, no font, no style sheet, nothing loaded from elsewhere.

Every word in them comes from the evidence and is escaped. The same rows give the same bytes.
Colours stand in attributes, as on white paper, beside a class by which a page may show others.
"""
