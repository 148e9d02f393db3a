from app.core import tex_signs


def test_each_sign_has_a_name_of_letters() -> None:
    assert all(name.isascii() and name.isalpha() for name in tex_signs.SIGNS)
    assert not any(sign.isascii() and sign.isalnum() for sign in tex_signs.SIGNS.values())


def test_no_command_is_in_two_tables() -> None:
    tables = (
        *(tex_signs.SIGNS, tex_signs.OPERATORS, tex_signs.ACCENTS, tex_signs.ARROWS),
        *(tex_signs.PLAIN.split(), tex_signs.TEXTS.split(), tex_signs.IGNORED.split()),
        *(tex_signs.SIZES.split(), tex_signs.UNSEEN.split(), tex_signs.SPACES.split()),
    )
    names = [name for table in tables for name in table]
    assert sorted(set(names)) == sorted(names)
