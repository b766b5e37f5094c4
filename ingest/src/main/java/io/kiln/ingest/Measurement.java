package io.kiln.ingest;

import io.kiln.images.BadImageException;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.ImageFormat;
import io.kiln.images.ValueStatistics;
import io.kiln.ingest.Refusal.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Measures the values of the images that sources hold, and sends nothing. */
public final class Measurement {
    private final DecodeLimits limits;
    private final List<String> tableColumns;
    private OptionalInt channels;
    private @Nullable ImageDecoder decoder;
    private @Nullable ValueStatistics statistics;

    /**
     * @param tableColumns of tables that are read; empty for the one that holds images
     * @param channels of every image; empty for those that suit the first
     */
    public Measurement(DecodeLimits limits, List<String> tableColumns, OptionalInt channels) {
        this.limits = limits;
        this.tableColumns = List.copyOf(tableColumns);
        this.channels = channels;
    }

    /**
     * Reads all images.
     *
     * @param refused is told of each file that training would refuse
     * @return what was measured; null if no image was readable
     * @throws InterruptedException if the thread is asked to stop
     */
    public @Nullable ValueStatistics of(
            List<? extends ImageSource> sources, Consumer<Refusal> refused)
            throws InterruptedException {
        try {
            for (ImageSource source : sources) {
                source.visit(new Measuring(refused));
            }
            return statistics;
        } finally {
            if (decoder != null) {
                decoder.close();
            }
        }
    }

    private void measure(byte[] image) throws BadImageException {
        if (decoder == null || statistics == null) {
            int suitable =
                    channels.isPresent()
                            ? channels.getAsInt()
                            : ImageFormat.suitableChannels(image);
            ValueStatistics empty = new ValueStatistics(suitable);
            ImageDecoder first = new ImageDecoder(limits, suitable);
            try {
                first.measure(image, empty);
            } catch (BadImageException e) {
                first.close();
                throw e;
            }
            decoder = first;
            statistics = empty;
            channels = OptionalInt.of(suitable);
        } else {
            decoder.measure(image, statistics);
        }
    }

    private final class Measuring implements ImageSource.Visitor {
        private final Consumer<Refusal> refused;

        Measuring(Consumer<Refusal> refused) {
            this.refused = refused;
        }

        @Override
        public void candidate(Origin origin, InputStream content) throws InterruptedException {
            try {
                measure(content.readNBytes(Math.toIntExact(limits.maxBytes()) + 1));
            } catch (BadImageException e) {
                refused(new Refusal(origin, Reason.NOT_USABLE, String.valueOf(e.getMessage())));
            } catch (IOException e) {
                refused(Unreadable.of(origin, e));
            }
        }

        @Override
        public void refused(Refusal refusal) {
            refused.accept(refusal);
        }

        @Override
        public List<String> tableColumns() {
            return tableColumns;
        }

        @Override
        public void hidden() {}

        @Override
        public void consumed(long inputBytes) {}
    }
}
