/* The notebook's network: gradient descent until the error is below the threshold. Sizes are fixed,
   so that the compiler unrolls what it likes. w: kernel, hidden, output, in the order of the rows. */
#include <math.h>

static double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }

long train(double *w, const double *image, const double *t, double rate, double threshold,
           long steps, double *error) {
    double k[4], hidden[8], output[4];
    for (int i = 0; i < 4; i++) k[i] = w[i];
    for (int i = 0; i < 8; i++) hidden[i] = w[4 + i];
    for (int i = 0; i < 4; i++) output[i] = w[12 + i];
    long done = 0;
    for (; done < steps; done++) {
        double fm[16], s[4], H[2], O[2], of_net[2], of_H[2], of_k[4] = {0, 0, 0, 0};
        int corner[4];
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) {
                const double *x = image + 5 * i + j;
                fm[4 * i + j] = x[0] * k[0] + x[1] * k[1] + x[5] * k[2] + x[6] * k[3];
            }
        for (int p = 0; p < 4; p++) {
            int row = 2 * (p / 2), column = 2 * (p % 2), best = 4 * row + column;
            corner[p] = 5 * row + column;
            for (int q = 1; q < 4; q++) {
                int cell = 4 * (row + q / 2) + column + q % 2;
                if (fm[cell] > fm[best]) {
                    best = cell;
                    corner[p] = 5 * (row + q / 2) + column + q % 2;
                }
            }
            s[p] = sigmoid(fm[best]);
        }
        for (int h = 0; h < 2; h++) {
            const double *v = hidden + 4 * h;
            H[h] = sigmoid(v[0] * s[0] + v[1] * s[1] + v[2] * s[2] + v[3] * s[3]);
        }
        *error = 0;
        for (int o = 0; o < 2; o++) {
            O[o] = sigmoid(output[2 * o] * H[0] + output[2 * o + 1] * H[1]);
            *error += (O[o] - t[o]) * (O[o] - t[o]);
            of_net[o] = 2 * (O[o] - t[o]) * O[o] * (1 - O[o]);
        }
        if (*error < threshold) break;
        for (int h = 0; h < 2; h++)
            of_H[h] = (of_net[0] * output[h] + of_net[1] * output[2 + h]) * H[h] * (1 - H[h]);
        for (int p = 0; p < 4; p++) {
            double of_F = (of_H[0] * hidden[p] + of_H[1] * hidden[4 + p]) * s[p] * (1 - s[p]);
            const double *x = image + corner[p];
            of_k[0] += of_F * x[0];
            of_k[1] += of_F * x[1];
            of_k[2] += of_F * x[5];
            of_k[3] += of_F * x[6];
        }
        for (int i = 0; i < 4; i++) k[i] -= rate * of_k[i];
        for (int i = 0; i < 8; i++) hidden[i] -= rate * of_H[i / 4] * s[i % 4];
        for (int i = 0; i < 4; i++) output[i] -= rate * of_net[i / 2] * H[i % 2];
    }
    for (int i = 0; i < 4; i++) w[i] = k[i];
    for (int i = 0; i < 8; i++) w[4 + i] = hidden[i];
    for (int i = 0; i < 4; i++) w[12 + i] = output[i];
    return done;
}
