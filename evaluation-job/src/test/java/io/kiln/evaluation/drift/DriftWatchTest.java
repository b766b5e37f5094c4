package io.kiln.evaluation.drift;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.DriftConfig;
import io.kiln.evaluation.images.TestImages;
import io.kiln.schemas.DriftAlarm;
import io.kiln.schemas.SparseBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/** Streams of images that change, or do not. */
class DriftWatchTest {
    private static final DriftConfig CONFIG = new DriftConfig(128, 32, 0.001);
    private static final int CHANGE = 200;
    private static final int END = 300;

    /** Waves of random direction, contrast, brightness and tint. */
    private static SparseBatch image(long seed, int number, ToIntFunction<Double> seen) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        double across = 0.05 + 0.4 * random.nextDouble();
        double down = 0.05 + 0.4 * random.nextDouble();
        double phase = 6 * random.nextDouble();
        double contrast = 30 + 50 * random.nextDouble();
        double level = 90 + 70 * random.nextDouble();
        double[] tint = {random.nextDouble(), random.nextDouble(), random.nextDouble()};
        return TestImages.of(
                "image " + seed + "/" + number,
                (y, x, channel) ->
                        (byte)
                                seen.applyAsInt(
                                        level
                                                + 40 * tint[channel]
                                                + contrast
                                                        * Math.sin(across * x + down * y + phase)));
    }

    private static int clear(double level) {
        return (int) Math.max(0, Math.min(255, Math.round(level)));
    }

    private static List<DriftAlarm> alarms(long seed, int to, ToIntFunction<Double> changed) {
        DriftWatch watch = new DriftWatch(CONFIG);
        List<DriftAlarm> alarms = new ArrayList<>();
        for (int i = 0; i < to; i++) {
            int number = i;
            ToIntFunction<Double> seen = i < CHANGE ? DriftWatchTest::clear : changed;
            watch.add(image(seed, number, seen)).ifPresent(alarms::add);
        }
        return alarms;
    }

    private static DriftAlarm requireFound(ToIntFunction<Double> changed) {
        List<DriftAlarm> alarms = alarms(3, END, changed);
        assertThat(alarms).isNotEmpty();
        DriftAlarm first = alarms.get(0);
        assertThat(first.getImage()).isBetween(CHANGE + 1L, CHANGE + 40L);
        return first;
    }

    @Test
    void aBlackCameraIsFoundWithinTwelveImages() {
        DriftAlarm alarm = requireFound(level -> 0);
        assertThat(alarm.getImage()).isLessThanOrEqualTo(CHANGE + 12);
        assertThat(alarm.getNow()).isLessThan(alarm.getBefore());
    }

    @Test
    void lostContrastIsFound() {
        assertThat(requireFound(level -> clear(125 + 0.3 * (level - 125))).getStatistic())
                .isIn("contrast", "sharpness", "colour");
    }

    @Test
    void anInvertedDomainIsFound() {
        requireFound(level -> clear(255 - level));
    }

    @Test
    void theSameImageOverAndOverIsFound() {
        DriftWatch watch = new DriftWatch(CONFIG);
        List<DriftAlarm> alarms = new ArrayList<>();
        for (int i = 0; i < END; i++) {
            int number = i < CHANGE ? i : CHANGE;
            watch.add(image(3, number, DriftWatchTest::clear)).ifPresent(alarms::add);
        }
        assertThat(alarms).isNotEmpty();
        assertThat(alarms.get(0).getImage()).isBetween(CHANGE + 1L, CHANGE + 40L);
    }

    /** Twelve streams of images that stay alike: no alarm. */
    @Test
    void imagesThatStayAlikeRaiseNoAlarm() {
        for (long seed = 1; seed <= 12; seed++) {
            assertThat(alarms(seed, END, DriftWatchTest::clear)).as("seed " + seed).isEmpty();
        }
    }

    /** With random statistics, skewed and not, 0.05 a window: of 2,000 windows at most 100. */
    @Test
    void falseAlarmsAreAsRareAsConfigured() {
        DriftConfig often = new DriftConfig(128, 32, 0.05);
        int windows = 0;
        int alarms = 0;
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            DriftWatch watch = new DriftWatch(often);
            for (int i = 0; i < often.reference() + 20 * often.window(); i++) {
                alarms += watch.add("image", statistics(random)).isPresent() ? 1 : 0;
            }
            windows += 20;
        }
        assertThat(alarms).as("of " + windows).isBetween(1, 100);
    }

    /** Of one statistic by one test, with a window that is longer than the reference. */
    @Test
    void falseAlarmsOfPageHinkleyAreAsRareAsConfigured() {
        DriftConfig config = new DriftConfig(64, 256, 0.001);
        SplittableRandom random = new SplittableRandom(1);
        int alarms = 0;
        for (int stream = 0; stream < 8_000; stream++) {
            List<double[]> reference = new ArrayList<>();
            for (int i = 0; i < config.reference(); i++) {
                reference.add(oneStatistic(random));
            }
            Comparisons comparisons = new Comparisons(config, reference);
            boolean alarm = false;
            for (int i = 0; i < 10 * config.window() && !alarm; i++) {
                double[] next = oneStatistic(random);
                alarm = comparisons.shifted(next, List.of(next)).isPresent();
            }
            alarms += alarm ? 1 : 0;
        }
        assertThat(alarms).as("of 80,000 windows, which allow 6.7").isBetween(1, 12);
    }

    /** The others never change. */
    private static double[] oneStatistic(SplittableRandom random) {
        double[] values = new double[ImageStatistic.values().length];
        values[0] = random.nextGaussian();
        return values;
    }

    private static double[] statistics(Random random) {
        double[] values = new double[ImageStatistic.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 2 == 0 ? random.nextGaussian() : Math.exp(random.nextGaussian());
        }
        return values;
    }

    @Test
    void aWatchThatGoesOnFromItsStateTellsTheSame() throws Exception {
        DriftWatch unbroken = new DriftWatch(CONFIG);
        DriftWatch broken = new DriftWatch(CONFIG);
        List<DriftAlarm> first = new ArrayList<>();
        List<DriftAlarm> second = new ArrayList<>();
        Random one = new Random(4);
        Random other = new Random(4);
        for (int i = 0; i < 600; i++) {
            double shift = i < 250 || i > 450 ? 0 : 2;
            unbroken.add("image " + i, shifted(one, shift)).ifPresent(first::add);
            broken.add("image " + i, shifted(other, shift)).ifPresent(second::add);
            if (i % 7 == 0) {
                broken = DriftWatch.of(CONFIG, broken.state());
            }
            assertThat(broken.figures()).isEqualTo(unbroken.figures());
        }
        assertThat(second).isEqualTo(first).isNotEmpty();
        assertThat(broken.state()).isEqualTo(unbroken.state()).hasSizeLessThan(20_000);
        unbroken.told(unbroken.figures().getRaised());
        assertThat(unbroken.figures().getRaised()).isEmpty();
        assertThat(unbroken.figures().getAlarms()).isEqualTo(first.size());
    }

    private static double[] shifted(Random random, double shift) {
        double[] values = statistics(random);
        values[1] += shift;
        return values;
    }
}
