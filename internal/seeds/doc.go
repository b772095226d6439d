// Package seeds reads what fuzz targets start from. A target whose seed folder
// has moved or is empty still passes, and tests next to nothing; so here a
// pattern that matches too few files ends the test.
package seeds
