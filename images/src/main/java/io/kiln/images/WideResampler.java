package io.kiln.images;

import java.util.Arrays;

/**
 * The resize of {@link Resampler} for uint16. Sums are of double, as Pillow's are for its mode
 * I;16, because a 32-bit sum of fixed point has no room for 16 bits and precise weights.
 */
final class WideResampler {
    private final Bitmap image;
    private final Crop crop;
    private final Bitmap result;
    private final ResampleWeights along;
    private final ResampleWeights down;
    private final boolean columnsFirst;

    /**
     * @param crop inside the image
     * @param columnsFirst whether columns are resized before rows
     */
    WideResampler(Bitmap image, Crop crop, int height, int width, boolean columnsFirst) {
        this.image = image;
        this.crop = crop;
        int samples = Math.multiplyExact(height * image.channels(), width);
        this.result =
                new Bitmap(
                        height,
                        width,
                        image.channels(),
                        2,
                        new byte[Math.multiplyExact(samples, 2)]);
        this.along = ResampleWeights.exact(crop.width(), width);
        this.down = ResampleWeights.exact(crop.height(), height);
        this.columnsFirst = columnsFirst;
    }

    /** Each row is read once, into a ring that holds all that weights reach over. */
    Bitmap resized() {
        int stored = (columnsFirst ? crop.width() : result.width()) * image.channels();
        double[][] ring = new double[down.taps()][stored];
        double[] source = new double[crop.width() * image.channels()];
        double[] sums = new double[stored];
        double[] row = new double[result.width() * image.channels()];
        int read = 0;
        for (int y = 0; y < result.height(); y++) {
            for (; read < down.end(y); read++) {
                double[] next = ring[read % ring.length];
                if (columnsFirst) {
                    widen(read, next);
                } else {
                    widen(read, source);
                    resizeRow(source, next);
                }
            }
            resizeColumns(ring, y, sums);
            if (columnsFirst) {
                resizeRow(sums, row);
                narrow(row, y);
            } else {
                narrow(sums, y);
            }
        }
        return result;
    }

    private void widen(int y, double[] row) {
        int at = (crop.top() + y) * image.rowBytes() + crop.left() * image.pixelBytes();
        for (int i = 0; i < row.length; i++) {
            row[i] = Bitmap.uint16(image.samples(), at + 2 * i);
        }
    }

    private void narrow(double[] row, int y) {
        int at = y * result.rowBytes();
        for (int i = 0; i < row.length; i++) {
            Bitmap.putUint16(result.samples(), at + 2 * i, (int) row[i]);
        }
    }

    private void resizeColumns(double[][] ring, int y, double[] sums) {
        if (crop.height() == result.height()) {
            System.arraycopy(ring[y % ring.length], 0, sums, 0, sums.length);
            return;
        }
        Arrays.fill(sums, 0);
        for (int k = 0; k < down.count()[y]; k++) {
            double[] row = ring[(down.first()[y] + k) % ring.length];
            double weight = down.exact()[y * down.taps() + k];
            for (int i = 0; i < sums.length; i++) {
                sums[i] += row[i] * weight;
            }
        }
        round(sums);
    }

    private void resizeRow(double[] source, double[] row) {
        if (crop.width() == result.width()) {
            System.arraycopy(source, 0, row, 0, row.length);
            return;
        }
        int channels = image.channels();
        Arrays.fill(row, 0);
        for (int x = 0; x < result.width(); x++) {
            int to = x * channels;
            int from = along.first()[x] * channels;
            for (int k = 0; k < along.count()[x]; k++, from += channels) {
                double weight = along.exact()[x * along.taps() + k];
                for (int channel = 0; channel < channels; channel++) {
                    row[to + channel] += source[from + channel] * weight;
                }
            }
        }
        round(row);
    }

    private static void round(double[] row) {
        for (int i = 0; i < row.length; i++) {
            row[i] = Math.floor(Math.max(0, Math.min(Bitmap.MAX_UINT16, row[i])) + 0.5);
        }
    }
}
