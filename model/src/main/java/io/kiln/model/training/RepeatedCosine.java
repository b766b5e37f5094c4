package io.kiln.model.training;

/**
 * A cosine schedule that begins anew every totalSteps steps, as continual pretraining with
 * re-warming does (Ibrahim et al., "Simple and Scalable Strategies to Continually Pre-train Large
 * Language Models", arXiv 2403.08763): each time linear warm-up, then half a cosine down to 0.001
 * of the peak. Weight decay is constant.
 *
 * @param peak highest learning rate
 * @param warmupSteps steps of each warm-up, fewer than totalSteps
 * @param totalSteps steps from one beginning to the next
 * @param decay weight decay
 */
public record RepeatedCosine(double peak, long warmupSteps, long totalSteps, double decay)
        implements Schedule {
    public RepeatedCosine {
        new CosineSchedule(peak, warmupSteps, totalSteps, decay, decay); // has the same limits
    }

    @Override
    public double learningRate(long step) {
        return new CosineSchedule(peak, warmupSteps, totalSteps, decay, decay)
                .learningRate(step % totalSteps);
    }

    @Override
    public double weightDecay(long step) {
        return decay;
    }
}
