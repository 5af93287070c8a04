package optimizer

// Estimator estimates.
type Estimator struct{}

// NewEstimator makes one.
func NewEstimator() *Estimator { return &Estimator{} }
