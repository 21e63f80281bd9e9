// The preview of a cut follows the slider below it.
"use strict";

for (const spread of document.querySelectorAll(".spread")) {
  const [line, slider] = [spread.querySelector("line"), spread.querySelector("input")];
  const follow = () => line.setAttribute("transform", `translate(${(slider.value - slider.defaultValue) / 100} 0)`);
  slider.addEventListener("input", follow);
  follow();
}
