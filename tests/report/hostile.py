"""Names that try to be markup to somebody."""

LONG = "Long " + "x" * 10_000
NAMES = (
    "*& Sons* **Ltd**",
    "<script>alert(1)</script> & Co",
    "{{< include /etc/passwd >}}",
    "@home `rm -rf` $x$ #let _y_ ~z~ ^w^",
    "``` \n::: {.kicker}\n# Title\n:::\n```",
    "\"quoted\" 'single' \\backslash [link](http://example.com) ![](x.png)",
    "1. first\n- item\n| a | b |",
    "#pagebreak() #{sys} \\u{41} <label>",
    "nul\x00 bell\x07 \u202eright to left\u202c",
    "สมชาย รัตนกุล",
    LONG,
)
