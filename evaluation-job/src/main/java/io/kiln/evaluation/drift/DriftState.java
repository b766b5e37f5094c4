package io.kiln.evaluation.drift;

import io.kiln.schemas.DriftAlarm;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.List;

/** Lists of a watch's state, as bytes. */
final class DriftState {
    private DriftState() {}

    static void writeRows(Collection<double[]> rows, DataOutputStream out) throws IOException {
        out.writeInt(rows.size());
        for (double[] row : rows) {
            for (double value : row) {
                out.writeDouble(value);
            }
        }
    }

    static void readRows(DataInputStream in, Collection<double[]> rows) throws IOException {
        for (int left = in.readInt(); left > 0; left--) {
            double[] row = new double[ImageStatistic.values().length];
            for (int i = 0; i < row.length; i++) {
                row[i] = in.readDouble();
            }
            rows.add(row);
        }
    }

    static void writeAlarms(List<DriftAlarm> alarms, DataOutputStream out) throws IOException {
        out.writeInt(alarms.size());
        for (DriftAlarm alarm : alarms) {
            out.writeLong(alarm.getImage());
            out.writeUTF(alarm.getImageId());
            out.writeUTF(alarm.getStatistic());
            out.writeUTF(alarm.getDetector());
            out.writeDouble(alarm.getBefore());
            out.writeDouble(alarm.getNow());
            out.writeBoolean(alarm.getPValue() != null);
            if (alarm.getPValue() != null) {
                out.writeDouble(alarm.getPValue());
            }
        }
    }

    static void readAlarms(DataInputStream in, List<DriftAlarm> alarms) throws IOException {
        for (int left = in.readInt(); left > 0; left--) {
            alarms.add(
                    new DriftAlarm(
                            in.readLong(),
                            in.readUTF(),
                            in.readUTF(),
                            in.readUTF(),
                            in.readDouble(),
                            in.readDouble(),
                            in.readBoolean() ? (Double) in.readDouble() : null));
        }
    }
}
