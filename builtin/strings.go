package builtin

import "slices"

// textFunctions are all functions over strings, and those that take fields out of dates.
var textFunctions = slices.Concat(likeFunctions, stringPartFunctions, textCaseFunctions, extractFunctions,
	stringLengthFunctions, trimFunctions, padFunctions, searchFunctions, buildFunctions, hashFunctions, digestFunctions, regexpFunctions,
	encodeFunctions, urlFunctions, maskFunctions, formatFunctions, numberFormatFunctions)
