package io.kiln.model.torch;

/**
 * SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), written out so that equal seeds give equal draws on
 * every JDK, for ever.
 */
public final class SeededRandom {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
    private static final double UNIT = 0x1.0p-53;

    private long state;

    public SeededRandom(long seed) {
        this.state = seed;
    }

    /**
     * A generator for one purpose, independent of those for others: the purpose's name takes part
     * in its seed.
     */
    public static SeededRandom of(long seed, String purpose) {
        SeededRandom random = new SeededRandom(seed);
        for (int i = 0; i < purpose.length(); i++) {
            random.state = random.nextLong() ^ purpose.charAt(i);
        }
        return random;
    }

    /** 64 uniform bits. */
    public long nextLong() {
        state += GOLDEN_GAMMA;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** Uniform in [0, 1). */
    public double nextDouble() {
        return (nextLong() >>> 11) * UNIT;
    }

    /** Normal with mean 0 and standard deviation 1, by Box and Muller's transform. */
    public double nextGaussian() {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble()));
        return radius * StrictMath.cos(2 * Math.PI * nextDouble());
    }
}
