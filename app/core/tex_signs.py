"""What the commands of LaTeX print: signs, names, accents; and the shapes of its environments."""

from typing import Final

_SIGNS: Final = """leq≤ le≤ leqslant⩽ geq≥ ge≥ geqslant⩾ leqq≦ geqq≧ neq≠ ne≠ approx≈ approxeq≊
equiv≡ sim~ cong≅ ncong≇ simeq≃ asymp≍ propto∝ varpropto∝ ll≪ gg≫ lll⋘ ggg⋙ lt< gt> nless≮
ngtr≯ nleq≰ ngeq≱ lesssim≲ gtrsim≳ lessgtr≶ gtrless≷ doteq≐ triangleq≜ times× cdot· cdotp· div÷
pm± mp∓ ast* star⋆ bigstar★ circ∘ bullet• oplus⊕ ominus⊖ otimes⊗ oslash⊘ odot⊙ bigoplus⨁
bigotimes⨂ bigodot⨀ boxplus⊞ boxtimes⊠ uplus⊎ dagger† ddagger‡ amalg⨿ wr≀ to→ rightarrow→ gets←
leftarrow← longrightarrow→ longleftarrow← mapsto↦ longmapsto↦ leftrightarrow↔ longleftrightarrow↔
Rightarrow⇒ Longrightarrow⇒ implies⇒ Leftarrow⇐ Longleftarrow⇐ impliedby⇐ Leftrightarrow⇔
Longleftrightarrow⇔ iff⇔ uparrow↑ downarrow↓ updownarrow↕ Uparrow⇑ Downarrow⇓ nearrow↗ searrow↘
swarrow↙ nwarrow↖ hookrightarrow↪ hookleftarrow↩ twoheadrightarrow↠ rightarrowtail↣
rightharpoonup⇀ leftharpoonup↼ rightleftharpoons⇌ leftrightharpoons⇋ rightleftarrows⇄
leftrightarrows⇆ rightrightarrows⇉ rightsquigarrow⇝ leadsto⇝ nrightarrow↛ infty∞ partial∂ nabla∇
forall∀ exists∃ nexists∄ emptyset∅ varnothing∅ hbarℏ hslashℏ ellℓ alephℵ bethℶ gimelℷ dalethℸ
Reℜ Imℑ wp℘ mho℧ complement∁ imathı jmathȷ sum∑ prod∏ coprod∐ int∫ smallint∫ iint∬ iiint∭ oint∮
oiint∯ in∈ notin∉ ni∋ subset⊂ subseteq⊆ subsetneq⊊ nsubseteq⊈ nsubset⊄ supset⊃ supseteq⊇
supsetneq⊋ nsupseteq⊉ sqsubset⊏ sqsubseteq⊑ sqsupset⊐ sqsupseteq⊒ cup∪ cap∩ bigcup⋃ bigcap⋂ sqcup⊔
sqcap⊓ bigsqcup⨆ setminus∖ smallsetminus∖ backslash\\ land∧ wedge∧ bigwedge⋀ lor∨ vee∨ bigvee⋁
barwedge⊼ veebar⊻ neg¬ lnot¬ top⊤ bot⊥ perp⊥ vdash⊢ dashv⊣ vDash⊨ models⊨ Vdash⊩ nvdash⊬ nvDash⊭
parallel∥ nparallel∦ nmid∤ angle∠ measuredangle∡ sphericalangle∢ degree° triangle△ bigtriangleup△
triangledown▽ vartriangle△ vartriangleleft⊲ lhd⊲ triangleleft◁ triangleright▷ vartriangleright⊳
rhd⊳ trianglelefteq⊴ unlhd⊴ trianglerighteq⊵ unrhd⊵ ltimes⋉ rtimes⋊ bowtie⋈ Join⋈ between≬
pitchfork⋔ smile⌣ frown⌢ square□ Box□ blacksquare■ lozenge◊ diamond⋄ Diamond◇ clubsuit♣
diamondsuit♢ heartsuit♡ spadesuit♠ flat♭ sharp♯ natural♮ checkmark✓ therefore∴ because∵ surd√
ldots… dots… cdots… dotsc… dotsb… dotsm… dotsi… dotso… vdots⋮ ddots⋱ vert| lvert| rvert| Vert‖
lVert‖ rVert‖ langle⟨ rangle⟩ lfloor⌊ rfloor⌋ lceil⌈ rceil⌉ lbrace{ rbrace} lbrack[ rbrack]
llbracket⟦ rrbracket⟧ ulcorner⌜ urcorner⌝ prime′ prec≺ preceq≼ succ≻ succeq≽ epsilonε varepsilonε
varphiφ varthetaϑ varrhoϱ varsigmaς varpiϖ varkappaϰ digammaϝ P¶ S§ pounds£ euro€ AAÅ aaå
oø OØ ssß"""
SIGNS: Final = {pair[:-1]: pair[-1] for pair in _SIGNS.split()}
_OPERATORS: Final = """sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth log ln lg
exp lim max min sup inf det dim ker gcd deg arg hom Pr mod"""
OPERATORS: Final = {
    **{name: name for name in _OPERATORS.split()},
    "limsup": "lim sup", "liminf": "lim inf", "varlimsup": "lim sup", "varliminf": "lim inf",
    "bmod": "mod", "injlim": "inj lim", "projlim": "proj lim", "mid": "|",
}  # fmt: skip
"""They have a space on both sides."""
PLAIN: Final = """mathrm mathit mathbf mathsf mathtt mathcal mathfrak mathscr mathnormal
boldsymbol bm pmb mathop mathrel mathbin mathord mathopen mathclose mathpunct mathinner overline
underline overrightarrow overleftarrow overleftrightarrow widehat widetilde widecheck boxed cancel
bcancel xcancel smash substack underbar"""
"""They print what is in their braces."""
TEXTS: Final = """text textrm textit textbf textsf texttt textup textnormal mbox hbox"""
IGNORED: Final = """displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits rm bf it
sf tt cal mathstrut strut hline nonumber notag hfill allowbreak nobreak null relax sl unicode"""
SIZES: Final = """left right middle big Big bigl bigr bigm Bigl Bigr Bigm bigg Bigg biggl biggr
biggm Biggl Biggr Biggm"""
"""A full stop that follows them is not printed."""
UNSEEN: Final = """color phantom hphantom vphantom hspace vspace mspace label tag textcolor
overset stackrel"""
"""What is in their braces is not printed."""
SPACES: Final = """quad qquad enspace thinspace medspace thickspace space nobreakspace"""
ARROWS: Final = {
    "xrightarrow": "→", "xleftarrow": "←", "xleftrightarrow": "↔", "xmapsto": "↦",
    "xrightleftharpoons": "⇌", "xhookrightarrow": "↪", "xRightarrow": "⇒",
}  # fmt: skip
ACCENTS: Final = {
    "hat": "\u0302", "bar": "\u0304", "vec": "\u20d7", "tilde": "\u0303", "dot": "\u0307",
    "ddot": "\u0308", "dddot": "\u20db", "acute": "\u0301", "grave": "\u0300",
    "check": "\u030c", "breve": "\u0306", "mathring": "\u030a",
}  # fmt: skip
_MATRICES: Final = "matrix pmatrix bmatrix smallmatrix array"
ENVIRONMENTS: Final = {
    **dict.fromkeys(_MATRICES.split(), ("[", ", ", "]")),
    "vmatrix": ("|", ", ", "|"), "Vmatrix": ("‖", ", ", "‖"), "Bmatrix": ("{", ", ", "}"),
    "cases": ("{", ", ", "}"), "rcases": ("{", ", ", "}"), "dcases": ("{", ", ", "}"),
}  # fmt: skip
"""What opens them, divides the cells of a row, and closes them; nothing in all the others."""
