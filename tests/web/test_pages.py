"""When the server ends because nobody looks at it any more."""

from gocnn.web.pages import OpenPages


def test_it_ends_a_while_after_the_last_page() -> None:
    now = [0.0]
    pages = OpenPages(linger=20, clock=lambda: now[0])
    now[0] = 1e6
    assert not pages.over()  # nobody came yet
    pages.hear("a")
    pages.hear("b")
    pages.close("a")
    now[0] += 100
    assert not pages.over()
    pages.close("b")
    assert not pages.over()  # it may only be loading anew
    now[0] += 19
    assert not pages.over()
    pages.hear("c")
    now[0] += 60
    assert not pages.over()
    pages.close("c")
    pages.close("c")
    now[0] += 20
    assert pages.over()


def test_a_page_that_vanished_without_a_word_is_missed_after_minutes() -> None:
    now = [0.0]
    pages = OpenPages(linger=20, clock=lambda: now[0])
    pages.hear("a")
    now[0] = 299
    assert not pages.over()
    now[0] = 301
    assert not pages.over()
    now[0] = 322
    assert pages.over()
