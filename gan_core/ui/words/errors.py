"""Chinese sentences of StudioError, by code; the English ones stand where the error is raised. `{fact}` fields are the error's facts."""

ERRORS: dict[str, str] = {
    "unexpected": "出了点问题,但没有丢失任何内容,请再试一次。",
    "offline": "连不上应用。请确认运行它的窗口还开着,然后再试。",
    "unknown_name": "这里没有“{name}”。可用的有:{known}。",
    "request.shape": "页面发来的内容无法识别,请刷新页面。",
    "request.value": "“{name}”的值不可用。请检查输入,或刷新页面。",
    "request.length": "“{name}”太长或太短(允许 {low}–{high})。",
    "request.range": "“{name}”必须在 {low} 到 {high} 之间。",
}
